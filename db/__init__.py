"""Where data lives: PostgreSQL through asyncpg, named SQL, migrations, imports. Knows no GraphQL."""
