#pragma once

#include <string>
#include <vector>

#include "cli/printer.h"
#include "cli/table.h"
#include "sekisho/v1/api.pb.h"

namespace cli {

struct ViewSection {
  std::string heading;  // empty for the first
  Table table;
};

// All about one proposal: itself, and those of reasons, sources and votes that there are.
std::vector<ViewSection> ViewOf(const Printer& printer, const sekisho::v1::Proposal& proposal);

}  // namespace cli
