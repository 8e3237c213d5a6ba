"""The HTTP face: GraphQL over HTTP, GraphiQL and health."""
