"""Coverage-guided fuzzing (atheris) of all that reads what others send: `python -m tests.fuzz NAME SECONDS`."""
