# The figures, each from tables alone: PDF, PNG, caption and record.
#
#   plot_<figure>   the tables it names   ->  figures/<figure>.*

import shlex

# Figure: the tables it is drawn from, its category in the report, and what it shows.
FIGURES = {
    "rates": (
        ["minmax", "rates", "bounds"],
        "Errors and bounds",
        "error against sample size, under Theorem 2.2",
    ),
    "bounds": (
        ["minmax", "bounds"],
        "Errors and bounds",
        "uniform error among all bounds",
    ),
    "worst_case": (
        ["worst_case", "bounds"],
        "Errors and bounds",
        "errors on teachers with a spike that no sample meets",
    ),
    "references": (
        ["minmax"],
        "Errors and bounds",
        "trained networks beside algorithms that are no networks",
    ),
    "growth": (
        ["growth"],
        "Errors and bounds",
        "error and rate against the number of teachers",
    ),
    "spikes": (
        ["spikes"],
        "What goes wrong",
        "target and student where the error is largest",
    ),
    "sine": (
        ["sine"],
        "What goes wrong",
        "small average and large uniform error",
    ),
    "methods": (
        ["methods"],
        "How errors are measured",
        "how far sampling falls short of the uniform error",
    ),
    "curves": (["curves"], "Training", "training loss against epoch"),
    "teachers": (["profiles"], "Teachers", "the random teachers along the diagonal"),
    "hat": (["hat"], "Teachers", "the hat and the bump of the proof"),
}
if not REFERENCE["algorithms"]:
    del FIGURES["references"]
FIGURE_FILES = ["pdf", "png", "txt", "prov.json"]


def table_options(wildcards, input):
    """The options that name the tables of a figure."""
    tables = ((name, file) for name, file in input.items() if name not in ("program", "library"))
    return " ".join(f"--{name} {shlex.quote(file)}" for name, file in tables)


for figure, (tables, category, shows) in FIGURES.items():

    rule:
        name:
            f"plot_{figure}"
        input:
            **{table: f"<results>/tables/{table}.parquet" for table in tables},
            program=f"workflow/scripts/plot_{figure}.py",
            library=library(f"plot_{figure}"),
        output:
            pdf=f"<results>/figures/{figure}.pdf",
            png=report(
                f"<results>/figures/{figure}.png",
                caption=f"../report/{figure}.rst",
                category=category,
                labels={"figure": shows},
            ),
            caption=f"<results>/figures/{figure}.txt",
            record=f"<results>/figures/{figure}.prov.json",
        log:
            f"<logs>/plot_{figure}.log",
        benchmark:
            f"<benchmarks>/plot_{figure}.tsv"
        conda:
            "../../envs/supnorm.yaml"
        threads: 1
        resources:
            mem_mb=growing(1500),
            runtime=growing(10),
        params:
            family=TEACHER["families"][0],
            tables=table_options,
        shell:
            "python {input.program:q} --family {params.family:q} {params.tables}"
            " --pdf {output.pdf:q} --png {output.png:q} --caption {output.caption:q}"
            " --record {output.record:q} 2> {log:q}"
