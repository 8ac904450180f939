"""What the registry tells its operator: lines in the log, and metrics (docs/monitoring.md)."""
