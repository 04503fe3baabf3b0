/* The pattern of `ductus benchmark transport` in C: one thread publishes, one waits in zmq_poll on the socket and an
   eventfd and drains with DONTWAIT.  Usage: transport MESSAGES SIZE ENDPOINT.  Prints messages per second. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <zmq.h>

static void *context;
static const char *endpoint;
static long messages, size;
static int wake;

static void fail(const char *what) {
    fprintf(stderr, "transport: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static void *receive(void *socket) {
    long count = 0;
    while (count < messages) {
        zmq_pollitem_t items[2] = {{socket, -1, ZMQ_POLLIN, 0}, {NULL, wake, ZMQ_POLLIN, 0}};
        if (zmq_poll(items, 2, -1) < 0) fail("poll");
        for (;;) {
            zmq_msg_t message;
            zmq_msg_init(&message);
            if (zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) < 0) break;
            int more = zmq_msg_more(&message);
            if (!more && (size == 0 || *(char *)zmq_msg_data(&message) == 7)) count++;
            zmq_msg_close(&message);
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 4) return fprintf(stderr, "usage: transport MESSAGES SIZE ENDPOINT\n"), 2;
    messages = atol(argv[1]);
    size = atol(argv[2]);
    endpoint = argv[3];
    context = zmq_ctx_new();
    wake = eventfd(0, EFD_NONBLOCK);
    int high = 10000, yes = 1;
    void *in = zmq_socket(context, ZMQ_SUB), *out = zmq_socket(context, ZMQ_XPUB);
    zmq_setsockopt(in, ZMQ_RCVHWM, &high, sizeof high);
    zmq_setsockopt(out, ZMQ_SNDHWM, &high, sizeof high);
    zmq_setsockopt(out, ZMQ_XPUB_NODROP, &yes, sizeof yes);
    zmq_setsockopt(in, ZMQ_SUBSCRIBE, "ink.", 4);
    if (zmq_bind(in, endpoint) || zmq_connect(out, endpoint)) fail(endpoint);
    /* The subscription leaves once the receiving socket is polled. */
    pthread_t thread;
    pthread_create(&thread, NULL, receive, in);
    char subscription[64];
    if (zmq_recv(out, subscription, sizeof subscription, 0) < 0) fail("subscription");
    char *payload = malloc(size + 1);
    memset(payload, 7, size + 1);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long i = 0; i < messages; i++)
        if (zmq_send(out, "ink.benchmark", 13, ZMQ_SNDMORE) < 0 || zmq_send(out, payload, size, 0) < 0) fail("send");
    pthread_join(thread, NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.0f\n", messages / ((end.tv_sec - start.tv_sec) + 1e-9 * (end.tv_nsec - start.tv_nsec)));
    return 0;
}
