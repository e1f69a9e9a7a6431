# What spans the studies: the configuration in force, the claims of all, what their classes cost, a
# summary, the document.
# Records know no order of files but that of their paths, so files of studies stand in it; the
# document has its parts in the order of `studies`.
#
#   resolve_config      config                                ->  config.resolved.yaml
#   tabulate_settings   config.resolved.yaml, schemas         ->  settings.parquet
#   collect_claims      tables/claims of each study           ->  claims.parquet
#   collect_ledger      tables/ledger of studies that have it ->  ledger.parquet
#   write_summary       ledger, claims, settings, summaries   ->  summary.md
#   build_paper         figures, captions, tables, findings   ->  paper.pdf

import json

import yaml

from supnorm.job.origin import doi

CITATION = yaml.safe_load(Path("CITATION.cff").read_text(encoding="utf-8"))
try:
    DOI = doi(Path(ROOT))
except InputError as error:
    sys.exit(str(error))
# Claims of the evening run, to stand beside those of other runs.
EVENING = sorted(map(str, Path("expected/evening").glob("*/claims.parquet")))
if CONFIG["scale"] == "evening":
    EVENING = []


module document:
    pathvars:
        results="<root>",
    snakefile:
        "jobs.smk"


use rule job from document as resolve_config with:
    input:
        **code("workflow/scripts/document/resolve_config.py"),
    output:
        config="<results>/config.resolved.yaml",
        record="<results>/config.resolved.prov.json",
    pathvars:
        job="resolve_config",
    params:
        options=options(configuration=json.dumps(CONFIG)),


use rule job from document as tabulate_settings with:
    input:
        **code("workflow/scripts/document/tabulate_settings.py"),
        config="<results>/config.resolved.yaml",
        schemas=sorted(map(str, Path("workflow/schemas").glob("*.schema.yaml"))),
    output:
        settings="<results>/settings.parquet",
        record="<results>/settings.prov.json",
    pathvars:
        job="tabulate_settings",


use rule job from document as collect_claims with:
    input:
        **code("workflow/scripts/document/collect_claims.py"),
        claims=[f"<root>/{study}/tables/claims.parquet" for study in sorted(STUDIES)],
    output:
        table="<results>/claims.parquet",
        record="<results>/claims.prov.json",
    pathvars:
        job="collect_claims",


use rule job from document as collect_ledger with:
    input:
        **code("workflow/scripts/document/collect_ledger.py"),
        parts=[
            f"<root>/{study}/tables/ledger.parquet"
            for study in sorted(STUDIES)
            if "ledger" in find_study(study).tables
        ],
    output:
        ledger="<results>/ledger.parquet",
        record="<results>/ledger.prov.json",
    pathvars:
        job="collect_ledger",


use rule job from document as write_summary with:
    input:
        **code("workflow/scripts/document/write_summary.py"),
        ledger="<results>/ledger.parquet",
        claims="<results>/claims.parquet",
        settings="<results>/settings.parquet",
        parts=[f"<root>/{study}/summary.md" for study in sorted(STUDIES)],
    output:
        summary="<results>/summary.md",
        record="<results>/summary.prov.json",
    pathvars:
        job="write_summary",


use rule job from document as build_paper with:
    input:
        **code("workflow/scripts/document/build_paper.py"),
        # The records say from which commit figures and tables are; they differ from run to run,
        # so they are no part of what the document's own record says it is made from.
        records=[
            *ends_of_studies("figures/{figure}.prov.json"),
            *ends_of_studies("tables/{table}.prov.json"),
            "<results>/claims.prov.json",
            "<results>/ledger.prov.json",
            "<results>/settings.prov.json",
        ],
        figures=ends_of_studies("figures/{figure}.pdf"),
        captions=ends_of_studies("figures/{figure}.txt"),
        tables=ends_of_studies("tables/{table}.parquet"),
        findings=[f"<root>/{study}/findings.json" for study in sorted(STUDIES)],
        claims="<results>/claims.parquet",
        evening=EVENING,
        ledger="<results>/ledger.parquet",
        settings="<results>/settings.parquet",
        config="<results>/config.resolved.yaml",
        template="workflow/paper/frame.typ",
        parts=expand(
            "workflow/paper/{part}",
            part=[
                "references.yaml",
                "style.typ",
                "figures.typ",
                "story.typ",
                *(f"{s}.typ" for s in STUDIES),
            ],
        ),
    output:
        paper="<results>/paper.pdf",
        record="<results>/paper.prov.json",
    pathvars:
        job="build_paper",
    params:
        options=options(
            title=CITATION["title"],
            authors=[author["name"] for author in CITATION["authors"]],
            version=CITATION["version"],
            released=str(CITATION["date-released"]),
            license=CITATION["license"],
            doi=DOI,
        ),
