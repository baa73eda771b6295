#pragma once

#include "cli/cells.h"
#include "cli/printer.h"

namespace cli {

// The whole trace of an indicator, for a person.
void ShowWhy(const Printer& printer, const v1::WhyResponse& why);

}  // namespace cli
