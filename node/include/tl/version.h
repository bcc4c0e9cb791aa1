/* tl/version.h -- what the programs call themselves. */
#ifndef TL_VERSION_H
#define TL_VERSION_H

#ifndef TL_VERSION
#define TL_VERSION "0.1.0"
#endif

#endif
