"""The index of the study uniform: its figures, its tables, and its stages."""

from supnorm.studies import Figure, Stage, Study, Table
from supnorm.uniform.cells import trainings
from supnorm.uniform.checks import check
from supnorm.uniform.throughput import calibrated

FIGURES = {
    "thesis": Figure(
        ("spikes", "neighbours", "worst_case", "bounds"),
        "the thesis at a glance: errors with and without a spike that no sample meets",
    ),
    "rates": Figure(
        ("minmax", "rates", "bounds"),
        "error against sample size, under Theorem 2.2",
    ),
    "bounds": Figure(("minmax", "bounds"), "uniform error among all bounds"),
    "worst_case": Figure(
        ("worst_case", "bounds"),
        "errors on teachers with a spike that no sample meets",
    ),
    "neighbours": Figure(
        ("neighbours",),
        "how near every teacher there are functions on which all students err",
    ),
    "references": Figure(
        ("minmax",),
        "trained networks beside algorithms that are no networks",
        needs=("reference", "algorithms"),
    ),
    "algorithms": Figure(
        ("minmax", "challenges"),
        "any algorithm on random teachers, and on a spike that it does not see",
        needs=("reference", "algorithms"),
    ),
    "growth": Figure(("growth",), "error and rate against the number of teachers"),
    "budget": Figure(("budget",), "error after the paper's budget and after longer ones"),
    "spikes": Figure(("spikes",), "target and student where the error is largest"),
    "places": Figure(
        ("places", "minmax"),
        "where in the cube the largest errors are attained",
    ),
    "sine": Figure(("sine",), "small average and large uniform error"),
    "methods": Figure(
        ("methods",),
        "how far sampling falls short of the uniform error",
    ),
    "curves": Figure(("curves",), "training loss against epoch"),
    "teachers": Figure(("profiles",), "the random teachers along the diagonal"),
    "hat": Figure(("hat",), "the hat and the bump of the proof"),
    "regularisation": Figure(
        ("regularisation",),
        "spikes that no sample meets, whatever the coefficient norm and bound",
    ),
    "dimensions": Figure(
        ("dimensions", "samples_needed"),
        "spikes and samples needed in every dimension and depth",
    ),
    "tractable": Figure(
        ("minmax", "tractable"),
        "random networks beside polynomials, which are learned exactly",
    ),
}

PROBLEM = ("family", "dim", "samples", "norm")
TABLES = {
    "errors": Table(),
    "curves": Table(),
    "minmax": Table(
        "ranking.MINMAX",
        (*PROBLEM, "algorithm_set", "statistic"),
        (("error", "low", "high"), ("ratio", "ratio_low", "ratio_high")),
    ),
    "rates": Table(
        "ranking.RATES",
        ("family", "algorithm_set", "dim", "norm", "statistic"),
        (("slope", "low", "high"), ("lead", "lead_low", "lead_high")),
    ),
    "growth": Table(
        "growth.GROWTH",
        (*PROBLEM, "teachers"),
        (
            ("error", "low", "high"),
            ("slope", "slope_low", "slope_high"),
            ("lag", "lag_low", "lag_high"),
        ),
    ),
    "budget": Table(
        "budget.BUDGET",
        (*PROBLEM, "statistic", "rule"),
        (
            ("error", "low", "high"),
            ("ratio", "ratio_low", "ratio_high"),
            ("slope", "slope_low", "slope_high"),
            ("gain", "gain_low", "gain_high"),
        ),
    ),
    "methods": Table(),
    "spikes": Table(),
    "places": Table(),
    "worst_case": Table("adversary.WORST_CASE", (*PROBLEM, "kind"), (("error", "low", "high"),)),
    "neighbours": Table(),
    "challenges": Table(),
    "bounds": Table("bounds.BOUNDS"),
    "sample_counts": Table(),
    "two_sided": Table(),
    "hat": Table(),
    "profiles": Table(),
    "sine": Table(),
    "regularisation": Table("unseen.REGULARISATION"),
    "dimensions": Table("unseen.DIMENSIONS"),
    "samples_needed": Table("unseen.SAMPLES_NEEDED"),
    "tractable": Table(),
    "claims": Table("claims.CLAIMS", ("study", "claim", "case")),
    "ledger": Table("ledger.LEDGER", ("class", "task"), (("number", "low", "high"),)),
}

STAGES = (
    Stage(("sample_teachers",), ("teachers",), "all"),
    Stage(("draw_samples", "draw_sine_samples"), ("samples",), "samples", left_out=True),
    Stage(("train_students",), ("students", "curves"), "students", left_out=True),
    Stage(("sample_errors",), ("sampled",), "students"),
    Stage(("measure_errors", "climb_errors"), ("errors",), "students"),
    Stage(("certify_errors",), ("certificates",), "students"),
    Stage(("measure_references",), ("references",), "one", rounding="solved"),
    Stage(("challenge_algorithms",), ("challenges",), "one", rounding="solved"),
    Stage(("sample_adversary",), ("sampled_adversary", "adversary"), "one", left_out=True),
    Stage(("measure_adversary", "climb_adversary"), ("adversary",), "one", left_out=True),
    Stage(("learn_polynomials",), ("polynomials",), "one", rounding="trained"),
    Stage(("measure_sine", "compare_methods"), ("tables",), "all"),
)

STUDY = Study(
    "uniform", FIGURES, TABLES, STAGES, check, calibrated, trainings, ("errors", "budget")
)
