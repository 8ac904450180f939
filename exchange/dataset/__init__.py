"""The whole registry as files that stand by themselves: a Frictionless Data Package, an SQLite file, Parquet files.

The package follows Data Package and Table Schema, version 1 (specs.frictionlessdata.io), which most tools read. The
same registry always gives the same bytes: rows stand in the order of their natural keys, and nothing tells the time of
writing.
"""
