"""The command, one file a subcommand, each thin over a plain function."""
