#pragma once

#include <string>

#include "exporters/http_list/feed_query.h"
#include "exporters/http_list/variants.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::http_list {

struct Feed {
  std::string bytes;  // never none
  std::string content_type;
};

// What of `list` goes into `variant`, as `query` wants it. Pure. `query.start` and `query.count`
// count entries of the list, after merging.
policy::Result<Feed> RenderFeed(const policy::ListSnapshot& list, const Variant& variant,
                                const FeedQuery& query);

}  // namespace exporters::http_list
