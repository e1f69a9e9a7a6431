# The study approximation. Its figures, tables and stages are listed in supnorm.approximation.index,
# its settings described in workflow/schemas/approximation.schema.yaml. Its networks are so small that
# they train on CPUs.
#
#   train_waves                     config                    ->  waves/<input>.parquet
#   collect_waves                   waves                     ->  tables/amplitudes
#   time_flow                       config                    ->  tables/half_times
#   tabulate_approximation          config                    ->  tables/rates, constants, bases
#   tabulate_spectra                config                    ->  tables/spectra, spike_times, …
#   tabulate_approximation_claims   all tables                ->  tables/claims, ledger
#   describe_approximation          rates, …, claims          ->  summary.md, findings.json
#   plot_<figure>                   the tables it is from     ->  figures/<figure>.*

APPROXIMATION_COSTS = find_study("approximation").expected_costs(
    of_study(CONFIG, "approximation"), DEVICE, CARD
)


module approximation:
    pathvars:
        results="<root>/approximation",
    snakefile:
        "../jobs.smk"


use rule long_job from approximation as train_waves with:
    input:
        **code("workflow/scripts/approximation/train_waves.py"),
    output:
        amplitudes="<results>/waves/{input}.parquet",
        record="<results>/waves/{input}.prov.json",
    pathvars:
        job="train_waves/{input}",
    wildcard_constraints:
        input="raw|circle|features",
    resources:
        mem_mb=growing(2000),
        runtime=lambda wildcards, attempt: APPROXIMATION_COSTS.minutes(
            "train_waves", wildcards["input"], attempt
        ),
    params:
        options=options(
            "approximation.waves.frequencies",
            "approximation.waves.points",
            "approximation.waves.depth",
            "approximation.waves.width",
            "approximation.waves.steps",
            "approximation.waves.learning_rate",
            "approximation.waves.seeds",
            "approximation.spectrum.features",
            "training.engine",
            "training.precision",
        ),


use rule job from approximation as collect_waves with:
    input:
        **code("workflow/scripts/approximation/collect_waves.py"),
        waves=expand("<results>/waves/{kind}.parquet", kind=["circle", "features", "raw"]),
    output:
        amplitudes="<results>/tables/amplitudes.parquet",
        record="<results>/tables/amplitudes.prov.json",
    pathvars:
        job="collect_waves",


use rule job from approximation as time_flow with:
    input:
        **code("workflow/scripts/approximation/time_flow.py"),
    output:
        half_times="<results>/tables/half_times.parquet",
        record="<results>/tables/half_times.prov.json",
    pathvars:
        job="time_flow",
    resources:
        mem_mb=growing(3000),
        runtime=growing(15),
    params:
        options=options(
            "approximation.flow.widths",
            "approximation.flow.frequencies",
            "approximation.flow.amplitude",
        ),


use rule job from approximation as tabulate_approximation with:
    input:
        **code("workflow/scripts/approximation/tabulate_approximation.py"),
    output:
        rates="<results>/tables/rates.parquet",
        constants="<results>/tables/constants.parquet",
        bases="<results>/tables/bases.parquet",
        record=expand(
            "<results>/tables/{table}.prov.json",
            table=["rates", "constants", "bases"],
        ),
    pathvars:
        job="tabulate_approximation",
    resources:
        mem_mb=growing(3000),
        runtime=growing(15),
    params:
        options=options(
            "approximation.dims",
            "approximation.terms",
            "approximation.repeats",
            "approximation.degrees",
        ),


use rule job from approximation as tabulate_spectra with:
    input:
        **code("workflow/scripts/approximation/tabulate_spectra.py"),
    output:
        spectra="<results>/tables/spectra.parquet",
        spike_times="<results>/tables/spike_times.parquet",
        denoising="<results>/tables/denoising.parquet",
        conditioning="<results>/tables/conditioning.parquet",
        image="<results>/tables/image.parquet",
        record=expand(
            "<results>/tables/{table}.prov.json",
            table=["spectra", "spike_times", "denoising", "conditioning", "image"],
        ),
    pathvars:
        job="tabulate_spectra",
    resources:
        mem_mb=growing(3000),
        runtime=growing(15),
    params:
        options=options(
            "approximation.spectrum.frequencies",
            "approximation.spectrum.hats",
            "approximation.spectrum.exponents",
            "approximation.spectrum.features",
            "approximation.spikes",
            "approximation.noise.points",
            "approximation.noise.variance",
            "approximation.image.side",
            "approximation.image.scales",
        ),


use rule job from approximation as tabulate_approximation_claims with:
    input:
        **code("workflow/scripts/approximation/tabulate_approximation_claims.py"),
        rates="<results>/tables/rates.parquet",
        constants="<results>/tables/constants.parquet",
        bases="<results>/tables/bases.parquet",
        spectra="<results>/tables/spectra.parquet",
        spike_times="<results>/tables/spike_times.parquet",
        denoising="<results>/tables/denoising.parquet",
        conditioning="<results>/tables/conditioning.parquet",
        image="<results>/tables/image.parquet",
        half_times="<results>/tables/half_times.parquet",
    output:
        claims="<results>/tables/claims.parquet",
        ledger="<results>/tables/ledger.parquet",
        record=["<results>/tables/claims.prov.json", "<results>/tables/ledger.prov.json"],
    pathvars:
        job="tabulate_approximation_claims",


use rule job from approximation as describe_approximation with:
    input:
        **code("workflow/scripts/approximation/describe_approximation.py"),
        rates="<results>/tables/rates.parquet",
        constants="<results>/tables/constants.parquet",
        bases="<results>/tables/bases.parquet",
        half_times="<results>/tables/half_times.parquet",
        image="<results>/tables/image.parquet",
        claims="<results>/tables/claims.parquet",
    output:
        summary="<results>/summary.md",
        findings="<results>/findings.json",
        record=["<results>/summary.prov.json", "<results>/findings.prov.json"],
    pathvars:
        job="describe_approximation",


use rule job from approximation as plot_approximation with:
    input:
        **code("workflow/scripts/approximation/plot_approximation.py"),
        **tables_of("approximation", "approximation"),
    output:
        **drawing_of("approximation", "approximation"),
    pathvars:
        job="plot_approximation",
    resources:
        **DRAWING,


use rule job from approximation as plot_bases with:
    input:
        **code("workflow/scripts/approximation/plot_bases.py"),
        **tables_of("approximation", "bases"),
    output:
        **drawing_of("approximation", "bases"),
    pathvars:
        job="plot_bases",
    resources:
        **DRAWING,


use rule job from approximation as plot_spectral_bias with:
    input:
        **code("workflow/scripts/approximation/plot_spectral_bias.py"),
        **tables_of("approximation", "spectral_bias"),
    output:
        **drawing_of("approximation", "spectral_bias"),
    pathvars:
        job="plot_spectral_bias",
    resources:
        **DRAWING,


# Its tables and figures, as `make reproduce STUDY=approximation` wants them.
rule approximation:
    input:
        results_of("approximation"),
