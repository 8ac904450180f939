"""Measures the registry beside its peers on made-up parks: `make bench`. See docs/benchmarks.md.

It asks over HTTP alone, so what it measures may change inside as it likes. Only `bench.load` knows the models.
"""
