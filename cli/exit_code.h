#pragma once

#include "policy/result.h"

namespace cli {

// What scripts branch on; docs/cli.md promises the numbers.
enum class ExitCode : int {
  ok = 0,
  failure = 1,
  usage = 2,  // what was typed or configured can't be used
  not_found = 3,
  denied = 4,
  conflict = 5,  // the state changed in between: look again
  degraded = 6,  // something asked to be good is not: a device, a feed, the history
};

ExitCode ExitCodeOf(policy::ErrorCode code);

}  // namespace cli
