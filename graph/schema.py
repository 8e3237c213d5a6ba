"""The one schema."""

from strawberry.schema.config import StrawberryConfig

from graph.executor.context import BreadthFirst
from graph.executor.schema import AdgraphSchema
from graph.mutation import Mutation
from graph.query import Query
from graph.scalars import SCALARS

schema = AdgraphSchema(
    query=Query,
    mutation=Mutation,
    execution_context_class=BreadthFirst,
    config=StrawberryConfig(scalar_map=SCALARS),
)
