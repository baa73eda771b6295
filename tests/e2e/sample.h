#pragma once

#include <string>

namespace e2e {

// A sample feed of config/sample with its times made good: "@NOW-2d@" becomes that time, so that
// the sample is never stale.
std::string WithTimes(std::string text);

}  // namespace e2e
