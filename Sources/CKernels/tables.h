// The tables that dispatch.c chooses from.
#include "CKernels.h"

extern const ductus_kernels ductus_kernels_portable;
#ifdef __x86_64__
extern const ductus_kernels ductus_kernels_avx2;
extern const ductus_kernels ductus_kernels_avx512;
extern const ductus_kernels ductus_kernels_avx512bf16;
extern const ductus_kernels ductus_kernels_avx512vnni;
#endif
