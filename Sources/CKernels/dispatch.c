// Chooses a table of kernels.
#include "CKernels.h"
#include <string.h>

extern const ductus_kernels ductus_kernels_portable;

const ductus_kernels *ductus_kernels_best(void) { return &ductus_kernels_portable; }
const ductus_kernels *ductus_kernels_named(const char *name) { return strcmp(name, "portable") ? NULL : &ductus_kernels_portable; }
const char *ductus_kernels_name(int32_t index) { return index ? NULL : "portable"; }
