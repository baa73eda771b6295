#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"
#include "sekisho/v1/api.pb.h"

// Files of observations, for `sekisho observe`. Pure.
namespace cli {

struct ObservedRow {
  std::size_t line;  // from 1; of an array the element's number
  sekisho::v1::Observed observed;
};

// Reads one of these; `malformed_input` names the line.
//
//   plain   an indicator a line; "#" starts a comment
//   csv     RFC 4180; the first line names the columns as in api.proto's Observed, `indicator`
//   among
//           them. Times are RFC 3339, empty cells are not there.
//   json    objects of Observed in protobuf's JSON mapping: an array, or one a line
policy::Result<std::vector<ObservedRow>> ReadObserved(std::string_view text,
                                                      std::string_view format);

}  // namespace cli
