#ifndef DUCTUS_SYSTEMD_H
#define DUCTUS_SYSTEMD_H

#include <systemd/sd-bus.h>

/*
 * sd-bus, found at run time: no program of ours needs libsystemd to start.
 * Each function has the type that the library's own header gives it.
 */
#define DUCTUS_SD_BUS(X)                                                                                               \
    X(new) X(unref) X(set_address) X(set_bus_client) X(start) X(is_open) X(close)                                      \
    X(get_fd) X(get_events) X(get_timeout) X(process) X(flush) X(send) X(call) X(request_name) X(error_free)           \
    X(message_new_method_call) X(message_new_method_return) X(message_new_method_error) X(message_new_signal)          \
    X(message_unref) X(message_get_type) X(message_get_path) X(message_get_interface) X(message_get_member)            \
    X(message_get_sender) X(message_get_expect_reply) X(message_get_cookie) X(message_get_reply_cookie)                \
    X(message_get_error)                                                                                               \
    X(message_append_basic) X(message_open_container) X(message_close_container)                                       \
    X(message_peek_type) X(message_read_basic) X(message_enter_container) X(message_exit_container)

struct ductus_sd_bus {
#define X(name) __typeof__(&sd_bus_##name) name;
    DUCTUS_SD_BUS(X)
#undef X
};

/* The library's functions, loaded once; NULL where this machine has no libsystemd.so.0. May be called from any thread. */
const struct ductus_sd_bus *ductus_load_sd_bus(void);

#endif
