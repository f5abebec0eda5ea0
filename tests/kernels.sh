#!/usr/bin/env bash
# The numeric tests by the kernels of one width of vectors, so that what passes on one machine passes on any.
#
#     tests/kernels.sh sse|avx2 [arguments of pytest]
#
# One process, which imports once. Slow tests are left out, and so are paradigms that are trained: their figures move far
# more with the seed.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$1" = avx2 ] && ! grep -qsw avx2 /proc/cpuinfo; then
    echo "no AVX2 here: some libraries would run what they are told to on a processor that can't"
    exit 0
fi
pytest=$(command -v .venv/bin/pytest || command -v pytest)
numeric=(tests/{evaluation,neighbors,functional} embedbench/{evaluation,neighbors,functional})
numeric+=(tests/paradigms/{classical/test_{pca,factor_model},generative/test_likelihood,words/test_ppmi_svd,clustering/test_gaussian_mixture}.py)
# Files and processes around the same numbers.
numeric+=(--ignore tests/evaluation/test_external.py)
exec tests/by_kernels.sh "$1" "$pytest" -q -m "not slow" -n 0 "${numeric[@]}" "${@:2}"
