#include "ductus_systemd.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

static struct ductus_sd_bus functions;
static const struct ductus_sd_bus *loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    void *library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return;
#define X(name)                                                                                                        \
    functions.name = (__typeof__(&sd_bus_##name))dlsym(library, "sd_bus_" #name);                                      \
    if (functions.name == NULL) return;
    DUCTUS_SD_BUS(X)
#undef X
    loaded = &functions;
}

const struct ductus_sd_bus *ductus_load_sd_bus(void) {
    pthread_once(&once, load);
    return loaded;
}
