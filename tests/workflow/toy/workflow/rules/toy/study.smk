# The study toy: a square, a drawing of it, and one claim.


module toy:
    pathvars:
        results="<root>/toy",
    snakefile:
        "../jobs.smk"


use rule job from toy as tabulate_toy with:
    input:
        **code("workflow/scripts/toy/tabulate_toy.py"),
    output:
        squares="<results>/tables/squares.parquet",
        claims="<results>/tables/claims.parquet",
        record=["<results>/tables/squares.prov.json", "<results>/tables/claims.prov.json"],
    pathvars:
        job="tabulate_toy",
    params:
        options=options("toy.points"),


use rule job from toy as tell_toy with:
    input:
        **code("workflow/scripts/toy/tell_toy.py"),
        squares="<results>/tables/squares.parquet",
    output:
        summary="<results>/summary.md",
        findings="<results>/findings.json",
        record=["<results>/summary.prov.json", "<results>/findings.prov.json"],
    pathvars:
        job="tell_toy",


use rule job from toy as plot_toy_rates with:
    input:
        **code("workflow/scripts/toy/plot_toy_rates.py"),
        **tables_of("toy", "rates"),
    output:
        **drawing_of("toy", "rates"),
    pathvars:
        job="plot_toy_rates",
    params:
        options=options("toy.points"),


rule toy:
    input:
        results_of("toy"),
