# The document: a frame, and in it a part a study with its findings, figures and verdicts.
#
#   describe_findings   tables of a study                                          ->  findings.json
#   build_paper         findings, claims, settings, figures, captions, workflow/paper  ->  paper.pdf

import yaml

from supnorm.origin import doi

CITATION = yaml.safe_load(Path("CITATION.cff").read_text())
STUDIES = ["uniform"]
# The tables of which the part of the study says whence they are.
FOUND_TABLES = ["minmax", "rates", "bounds", "sample_counts", "two_sided"]

try:
    DOI = doi(Path(RESULTS))
except InputError as error:
    sys.exit(str(error))


rule describe_findings:
    input:
        program="workflow/scripts/describe_findings.py",
        library=library("describe_findings"),
        minmax="<results>/tables/minmax.parquet",
        rates="<results>/tables/rates.parquet",
        bounds="<results>/tables/bounds.parquet",
        sample_counts="<results>/tables/sample_counts.parquet",
        two_sided="<results>/tables/two_sided.parquet",
        claims="<results>/tables/claims.parquet",
        config="<results>/config.resolved.yaml",
    output:
        findings="<results>/findings.json",
        record="<results>/findings.prov.json",
    log:
        "<logs>/describe_findings.log",
    benchmark:
        "<benchmarks>/describe_findings.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        family=TEACHER["families"][0],
    shell:
        "python {input.program:q} --family {params.family:q} --minmax {input.minmax:q}"
        " --rates {input.rates:q} --bounds {input.bounds:q} --claims {input.claims:q}"
        " --sample_counts {input.sample_counts:q} --two_sided {input.two_sided:q}"
        " --config {input.config:q} --output {output.findings:q}"
        " --record {output.record:q} 2> {log:q}"


rule build_paper:
    input:
        # The records say from which commit figures and tables are; they differ from run to run,
        # so they are no part of what the document's own record says it is made from.
        records=[
            *expand("<results>/figures/{figure}.prov.json", figure=sorted(FIGURES)),
            *expand("<results>/tables/{table}.prov.json", table=[*FOUND_TABLES, "settings"]),
            "<results>/claims.prov.json",
        ],
        program="workflow/scripts/build_paper.py",
        library=library("build_paper"),
        figures=expand("<results>/figures/{figure}.pdf", figure=sorted(FIGURES)),
        captions=expand("<results>/figures/{figure}.txt", figure=sorted(FIGURES)),
        findings="<results>/findings.json",
        claims="<results>/claims.parquet",
        settings="<results>/tables/settings.parquet",
        tables=expand("<results>/tables/{table}.parquet", table=FOUND_TABLES),
        config="<results>/config.resolved.yaml",
        template="workflow/paper/frame.typ",
        parts=expand(
            "workflow/paper/{part}",
            part=["references.yaml", "style.typ", "figures.typ", *(f"{s}.typ" for s in STUDIES)],
        ),
    output:
        paper="<results>/paper.pdf",
        record="<results>/paper.prov.json",
    log:
        "<logs>/build_paper.log",
    benchmark:
        "<benchmarks>/build_paper.tsv"
    conda:
        "../../envs/supnorm.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        title=CITATION["title"],
        authors=[author["name"] for author in CITATION["authors"]],
        version=CITATION["version"],
        released=str(CITATION["date-released"]),
        license=CITATION["license"],
        doi=["--doi", DOI] if DOI else [],
    shell:
        "python {input.program:q} --title {params.title:q}"
        " --authors {params.authors:q} --version {params.version} --released {params.released}"
        " --license {params.license} {params.doi:q} --findings {input.findings:q}"
        " --claims {input.claims:q} --settings {input.settings:q} --tables {input.tables:q}"
        " --figures {input.figures:q} --captions {input.captions:q} --config {input.config:q}"
        " --template {input.template:q} --parts {input.parts:q}"
        " --output {output.paper:q} --record {output.record:q} 2> {log:q}"
