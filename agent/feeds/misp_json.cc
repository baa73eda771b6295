#include "agent/feeds/misp_json.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace agent::feeds {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

Result<FeedSnapshot> ParseMispFile(std::string_view bytes, policy::TimePoint fetched_at,
                                   std::size_t rows_max, const MispFilters& filters) {
  const auto json = ParseMispJson(bytes);
  if (!json) return tl::unexpected(json.error());
  MispReader reader(filters, fetched_at, rows_max);
  if (!VisitMisp(*json, reader)) {
    return Fail(ErrorCode::malformed_input,
                "there is no event, object or attribute of MISP in it: check the URL and format");
  }
  return std::move(reader).Finish();
}

}  // namespace agent::feeds
