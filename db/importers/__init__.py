"""The sources of facts: each module turns one kind of export into records."""
