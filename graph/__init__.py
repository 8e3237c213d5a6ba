"""What clients see: the GraphQL types, the HTTP face and the command line. No SQL."""
