#!/usr/bin/env bash
# A command by other kernels than this processor's own: sums are rounded otherwise by each width of vectors and each
# number of threads, and near ties fall otherwise.
#
#     tests/by_kernels.sh sse|avx2 COMMAND...
#
# Every library chooses its kernels by the processor unless told, numpy's by names that changed with its version.
# A name that a library doesn't know, or that this processor lacks, changes nothing.
set -euo pipefail
wide="AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4"
case $1 in
sse)
    export OMP_NUM_THREADS=1 ATEN_CPU_CAPABILITY=default MKL_ENABLE_INSTRUCTIONS=SSE4_2 ONEDNN_MAX_CPU_ISA=SSE41
    export OPENBLAS_CORETYPE=Nehalem FAISS_SIMD_LEVEL=NONE NPY_DISABLE_CPU_FEATURES="AVX2 FMA3 X86_V3 $wide"
    ;;
avx2)
    export OMP_NUM_THREADS=2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 ONEDNN_MAX_CPU_ISA=AVX2
    export OPENBLAS_CORETYPE=Haswell FAISS_SIMD_LEVEL=AVX2 NPY_DISABLE_CPU_FEATURES=$wide
    ;;
*)
    echo "the first argument must be sse or avx2, got $1" >&2
    exit 2
    ;;
esac
export OMP_WAIT_POLICY=passive
exec "${@:2}"
