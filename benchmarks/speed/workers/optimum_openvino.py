"""OpenVINO through optimum-intel, on sentences sorted by length.

Its precision is its own choice: bfloat16 where the processor has it.
"""

from __future__ import annotations

from benchmarks.speed.workers.protocol import Job, Work, serve
from benchmarks.speed.workers.sorted_batches import work_sorted


def load(job: Job) -> Work:
    from optimum.intel import OVModelForSequenceClassification

    model = OVModelForSequenceClassification.from_pretrained(
        job.model, export=True, ov_config={"INFERENCE_NUM_THREADS": job.threads}
    )
    return work_sorted(job, model)


if __name__ == "__main__":
    serve(load, ["optimum-intel", "openvino", "transformers"])
