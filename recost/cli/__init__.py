"""The command line: words become a study and a report, one file a command group."""
