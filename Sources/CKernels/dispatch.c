// Which tables there are, and which of them this processor can run.
#include "tables.h"
#include <string.h>

static const ductus_kernels *const tables[] = {
    &ductus_kernels_portable,
#ifdef __x86_64__
    &ductus_kernels_avx2,
    &ductus_kernels_avx512,
    &ductus_kernels_avx512bf16,
    &ductus_kernels_avx512vnni,
#endif
};
enum { table_count = sizeof tables / sizeof *tables };

// Also asks whether the operating system saves the registers (the compiler's run-time library does).
static bool runs(int index) {
#ifdef __x86_64__
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                  __builtin_cpu_supports("avx512dq");
    switch (index) {
    case 1: return avx2;
    case 2: return avx512;
    case 3: return avx512 && __builtin_cpu_supports("avx512bf16");
    case 4: return avx512 && __builtin_cpu_supports("avx512vnni");
    }
#endif
    return index == 0;
}

const ductus_kernels *ductus_kernels_best(void) {
    int best = 0;
    for (int i = 1; i < table_count; i++)
        if (runs(i)) best = i;
    return tables[best];
}

const ductus_kernels *ductus_kernels_named(const char *name) {
    for (int i = 0; i < table_count; i++)
        if (strcmp(tables[i]->name, name) == 0) return runs(i) ? tables[i] : NULL;
    return NULL;
}

const char *ductus_kernels_name(int32_t index) { return index >= 0 && index < table_count ? tables[index]->name : NULL; }
