# The teachers, and the samples.
#
#   sample_teachers   config               ->  teachers/<family>/d<dim>.safetensors
#   draw_samples      teachers             ->  samples/<family>/d<dim>_m<samples>.parquet


use rule job from uniform as sample_teachers with:
    input:
        **code("workflow/scripts/uniform/sample_teachers.py"),
    output:
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
        record="<results>/teachers/{family}/d{dim}.prov.json",
    pathvars:
        job="sample_teachers/{family}/d{dim}",
    priority: BEFORE_TRAINING
    params:
        options=options(
            "uniform.teacher.depth",
            "uniform.teacher.width",
            "uniform.teacher.norm",
            "uniform.teacher.bound",
            "uniform.teacher.count",
        ),


use rule job from uniform as draw_samples with:
    input:
        **code("workflow/scripts/uniform/draw_samples.py"),
        teachers="<results>/teachers/{family}/d{dim}.safetensors",
    output:
        sample=f"<results>/samples/{PROBLEM_NAME}.parquet",
        record=f"<results>/samples/{PROBLEM_NAME}.prov.json",
    pathvars:
        job="draw_samples/<problem>",
    wildcard_constraints:
        family=one_of(UNIFORM["teacher"]["families"]),
    priority: BEFORE_TRAINING
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        options=options("uniform.sample.seeds"),
