// microhttpd.h uses types of these headers and does not include them itself.
#include <sys/types.h>
#include <sys/socket.h>
#include <stdarg.h>

#include <microhttpd.h>
