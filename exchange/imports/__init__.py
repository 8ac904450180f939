"""Files of records on their way into the registry: kept, checked, applied, undone."""
