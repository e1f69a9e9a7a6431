# The tables from which figures are drawn, and what summary and document are told.
#
#   tabulate_parity_norms    config                       ->  tables/norms, width, waves
#   measure_parity           students                     ->  tables/training, neurons
#   collect_parity_samples   solved                       ->  tables/samples
#   compare_splines          samples of uniform, d = 1    ->  tables/splines
#   tabulate_parity_claims   all tables                   ->  tables/claims, ledger
#   describe_parity          norms, …, claims             ->  summary.md, findings.json


use rule job from parity as tabulate_parity_norms with:
    input:
        **code("workflow/scripts/parity/tabulate_parity_norms.py"),
    output:
        norms="<results>/tables/norms.parquet",
        width="<results>/tables/width.parquet",
        waves="<results>/tables/waves.parquet",
        record=expand(
            "<results>/tables/{table}.prov.json",
            table=["norms", "width", "waves"],
        ),
    pathvars:
        job="tabulate_parity_norms",
    resources:
        mem_mb=growing(3000),
        runtime=growing(20),
    params:
        options=options(
            "parity.curve",
            "parity.dims",
            "parity.averages.dims",
            "parity.averages.errors",
            "parity.averages.trials",
            "parity.waves.dims",
            "parity.waves.frequencies",
        ),


use rule job from parity as measure_parity with:
    input:
        **code("workflow/scripts/parity/measure_parity.py"),
        students=expand("<results>/students/d{dim}.safetensors", dim=sorted(PARITY["dims"])),
    output:
        training="<results>/tables/training.parquet",
        neurons="<results>/tables/neurons.parquet",
        record=expand("<results>/tables/{table}.prov.json", table=["training", "neurons"]),
    pathvars:
        job="measure_parity",


use rule job from parity as collect_parity_samples with:
    input:
        **code("workflow/scripts/parity/collect_parity_samples.py"),
        solved=expand(
            "<results>/solved/d{dim}.parquet",
            dim=sorted(PARITY["samples"]["dims"]),
        ),
    output:
        samples="<results>/tables/samples.parquet",
        record="<results>/tables/samples.prov.json",
    pathvars:
        job="collect_parity_samples",


use rule job from parity as compare_splines with:
    input:
        **code("workflow/scripts/parity/compare_splines.py"),
        sample=LINE_SAMPLE,
    output:
        splines="<results>/tables/splines.parquet",
        record="<results>/tables/splines.prov.json",
    pathvars:
        job="compare_splines",
    params:
        options=options(samples=LINE_SAMPLE_SIZE),


use rule job from parity as tabulate_parity_claims with:
    input:
        **code("workflow/scripts/parity/tabulate_parity_claims.py"),
        norms="<results>/tables/norms.parquet",
        training="<results>/tables/training.parquet",
        samples="<results>/tables/samples.parquet",
        width="<results>/tables/width.parquet",
        waves="<results>/tables/waves.parquet",
        splines="<results>/tables/splines.parquet",
    output:
        claims="<results>/tables/claims.parquet",
        ledger="<results>/tables/ledger.parquet",
        record=["<results>/tables/claims.prov.json", "<results>/tables/ledger.prov.json"],
    pathvars:
        job="tabulate_parity_claims",


use rule job from parity as describe_parity with:
    input:
        **code("workflow/scripts/parity/describe_parity.py"),
        norms="<results>/tables/norms.parquet",
        training="<results>/tables/training.parquet",
        samples="<results>/tables/samples.parquet",
        waves="<results>/tables/waves.parquet",
        claims="<results>/tables/claims.parquet",
    output:
        summary="<results>/summary.md",
        findings="<results>/findings.json",
        record=["<results>/summary.prov.json", "<results>/findings.prov.json"],
    pathvars:
        job="describe_parity",
