#include "ductus_x11.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

static struct ductus_x11 functions;
static const struct ductus_x11 *loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int ignore_error(Display *display, XErrorEvent *error) {
    (void)display, (void)error;
    return 0;
}

static int ignore_loss(Display *display) {
    (void)display;
    return 0;
}

static void note_loss(Display *display, void *lost) {
    (void)display;
    *(int *)lost = 1;
}

static void load(void) {
    void *library;
#define F(name)                                                                                                        \
    functions.name = (__typeof__(&name))dlsym(library, #name);                                                         \
    if (functions.name == NULL) return;
    library = dlopen("libX11.so.6", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return;
    DUCTUS_XLIB(F)
    library = dlopen("libXext.so.6", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return;
    DUCTUS_XSHAPE(F)
    library = dlopen("libXtst.so.6", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return;
    DUCTUS_XTEST(F)
#undef F
    functions.XSetErrorHandler(ignore_error);
    functions.XSetIOErrorHandler(ignore_loss);
    loaded = &functions;
}

const struct ductus_x11 *ductus_load_x11(void) {
    pthread_once(&once, load);
    return loaded;
}

Display *ductus_x11_open(const struct ductus_x11 *x11, const char *name, int *lost) {
    Display *display = x11->XOpenDisplay(name);
    if (display != NULL) x11->XSetIOErrorExitHandler(display, note_loss, lost);
    return display;
}
