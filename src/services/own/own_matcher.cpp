#include "services/own/own_matcher.h"

#include <span>

// What compile_filter.cpp has written, as bytes of the program.
asm(".section .rodata\n"
    ".balign 8\n"
    ".global lockstep_own_filter\n"
    "lockstep_own_filter:\n"
    ".incbin \"" LOCKSTEP_OWN_FILTER
    "\"\n"
    ".global lockstep_own_filter_end\n"
    "lockstep_own_filter_end:\n"
    ".previous\n");

extern "C" const std::byte lockstep_own_filter[];
extern "C" const std::byte lockstep_own_filter_end[];

namespace lockstep::services {

Result<Matcher> own_matcher(std::unique_ptr<Refiner> refiner) {
  LOCKSTEP_TRY(ProbeSet set, own_probes());
  return Matcher::create(std::move(set), std::span(lockstep_own_filter, lockstep_own_filter_end),
                         std::move(refiner));
}

}  // namespace lockstep::services
