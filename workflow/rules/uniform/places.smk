# Where in the cube errors are attained.
#
#   locate_errors   tables/errors, samples, networks   ->  tables/places.parquet
#   plot_places     tables/places, minmax              ->  figures/places.*


use rule long_job from uniform as locate_errors with:
    input:
        **code("workflow/scripts/uniform/locate_errors.py"),
        errors="<results>/tables/errors.parquet",
        teachers=TEACHERS,
        samples=of_all_problems(f"<results>/samples/{PROBLEM_NAME}.parquet"),
        students=of_shards(
            "students",
            "safetensors",
            [cell for cell in RANKED if cell.width in CERTIFIED_WIDTHS],
        ),
    output:
        places="<results>/tables/places.parquet",
        record="<results>/tables/places.prov.json",
    pathvars:
        job="locate_errors",
    resources:
        mem_mb=growing(2000),
        runtime=minutes("locate_errors"),
    params:
        options=options("uniform.places.cube", "uniform.certificate.width"),


use rule job from uniform as plot_places with:
    input:
        **code("workflow/scripts/uniform/plot_places.py"),
        **tables_of("uniform", "places"),
    output:
        **drawing_of("uniform", "places"),
    pathvars:
        job="plot_places",
    resources:
        **DRAWING,
    params:
        options=options("uniform.teacher.families"),
