/// What Swift's Glibc module does not show: GNU extensions and Linux system calls, as fixed functions.
#ifndef CLINUX_H
#define CLINUX_H

#include "clinux_connect.h"
#include "clinux_crc.h"
#include "clinux_directories.h"
#include "clinux_files.h"
#include "clinux_kernel.h"
#include "clinux_spawn.h"
#include "clinux_helper.h"
#include "clinux_poll.h"
#include "clinux_sockets.h"
#include "clinux_process.h"
#include "clinux_threads.h"

#endif
