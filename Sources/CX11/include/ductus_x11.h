#ifndef DUCTUS_X11_H
#define DUCTUS_X11_H

#include <X11/Xlib.h>
#include <X11/extensions/XTest.h>
#include <X11/extensions/shape.h>

/*
 * Xlib with the extensions XTEST and SHAPE, found at run time: no program of ours needs X to start.
 * Each function has the type that the library's own header gives it.
 */
#define DUCTUS_XLIB(F)                                                                                                 \
    F(XOpenDisplay) F(XCloseDisplay) F(XConnectionNumber) F(XPending) F(XNextEvent) F(XFlush) F(XFree)                 \
    F(XDefaultRootWindow) F(XDefaultScreen) F(XDefaultColormap) F(XGetGeometry) F(XDisplayKeycodes)                    \
    F(XGetKeyboardMapping) F(XAllocColor) F(XCreateWindow) F(XMapRaised) F(XUnmapWindow) F(XMoveResizeWindow)          \
    F(XSetErrorHandler) F(XSetIOErrorHandler) F(XSetIOErrorExitHandler)
#define DUCTUS_XSHAPE(F) F(XShapeQueryExtension) F(XShapeCombineRectangles)
#define DUCTUS_XTEST(F) F(XTestQueryExtension) F(XTestFakeKeyEvent)

struct ductus_x11 {
#define F(name) __typeof__(&name) name;
    DUCTUS_XLIB(F) DUCTUS_XSHAPE(F) DUCTUS_XTEST(F)
#undef F
};

/*
 * The libraries' functions, loaded once; NULL where this machine lacks one of the libraries. Errors that the server reports are ignored from then on: Xlib's
 * own way is to end the program. May be called from any thread.
 */
const struct ductus_x11 *ductus_load_x11(void);

/* Connects; when the connection breaks later, *lost becomes 1, and the program goes on. NULL where no server answers. */
Display *ductus_x11_open(const struct ductus_x11 *x11, const char *name, int *lost);

#endif
