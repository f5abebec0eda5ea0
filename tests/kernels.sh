#!/usr/bin/env bash
# The numeric tests once more by other kernels than this processor's own, so that what passes on one machine passes on
# any: sums are rounded otherwise by each width of vectors and each number of threads, and near ties fall otherwise.
#
#     tests/kernels.sh [arguments of pytest]
#
# The runs go side by side, each in one process, which imports once; what each said is shown when all have ended.
#
# Every library chooses its kernels by the processor unless told, numpy's by names that changed with its version.
# A name that a library doesn't know, or that this processor lacks, changes nothing. Slow tests are left out, and so are
# paradigms that are trained: their figures move far more with the seed.
set -euo pipefail
cd "$(dirname "$0")/.."
pytest=$(command -v .venv/bin/pytest || command -v pytest)
wide="AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4"
numeric=(tests/{evaluation,neighbors,functional} embedbench/{evaluation,neighbors,functional})
numeric+=(tests/paradigms/{classical/test_{pca,factor_model},generative/test_likelihood,words/test_ppmi_svd,clustering/test_gaussian_mixture}.py)
# Files and processes around the same numbers.
numeric+=(--ignore tests/evaluation/test_external.py)

# Kernels by the name of the widest vectors, then threads, then what each library calls that.
under() {
    echo "== numeric tests by $1 kernels, threads: $2"
    time env OMP_NUM_THREADS="$2" OMP_WAIT_POLICY=passive "${@:3}" "$pytest" -q -m "not slow" -n 0 "${numeric[@]}" "${given[@]}"
}
given=("$@")
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT

runs=()
under SSE 1 ATEN_CPU_CAPABILITY=default MKL_ENABLE_INSTRUCTIONS=SSE4_2 ONEDNN_MAX_CPU_ISA=SSE41 \
    OPENBLAS_CORETYPE=Nehalem FAISS_SIMD_LEVEL=NONE NPY_DISABLE_CPU_FEATURES="AVX2 FMA3 X86_V3 $wide" &>"$said/sse" &
runs+=($!)
# Of the libraries some would run what they are told to on a processor that can't.
if grep -qsw avx2 /proc/cpuinfo; then
    under AVX2 2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 ONEDNN_MAX_CPU_ISA=AVX2 \
        OPENBLAS_CORETYPE=Haswell FAISS_SIMD_LEVEL=AVX2 NPY_DISABLE_CPU_FEATURES="$wide" &>"$said/avx2" &
    runs+=($!)
fi
failed=0
for run in "${runs[@]}"; do wait "$run" || failed=1; done
cat "$said"/*
exit "$failed"
