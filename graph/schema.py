"""The one schema."""

from strawberry.schema.config import StrawberryConfig

from graph.documents import ReadOnce
from graph.errors import AdgraphSchema
from graph.executor.context import BreadthFirst
from graph.query import Query
from graph.scalars import SCALARS

schema = AdgraphSchema(
    query=Query,
    extensions=[ReadOnce],
    execution_context_class=BreadthFirst,
    config=StrawberryConfig(scalar_map=SCALARS),
)
