"""The training of a network as an algorithm (S1.3), with the bits of the study's students."""

from supnorm.packed import values
from supnorm.streams import Stream, uniform_points
from supnorm.training.cell import train_cell
from supnorm.training.recipe import Recipe
from supnorm.uniform.learning import Function, Learn, Query


def trained_network(recipe: Recipe, batch_rule: str, seed: int, **engine: str) -> Learn:
    """Return the training by a recipe and batch rule as `learn`, for the stream of a seed.

    Initial weights and shuffles are the seed's, as those of students; `engine` are options of
    `Training`.
    """

    def learn(query: Query, samples: int, dim: int, stream: Stream) -> Function:
        points = uniform_points(stream, samples, dim)
        sample = points[None], query(points)[None, None]
        *_, last = train_cell(recipe, batch_rule, [seed], *sample, 1, **engine)
        return lambda at: values(last.networks, at)[0]

    return learn
