#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace exporters::http_list {

// What a client of MineMeld asks for in the query of /feeds/NAME, so that it can ask us. Equal ones
// get the same bytes. docs/devices/minemeld.md says what each parameter does.
struct FeedQuery {
  // As `v` names them; `own` is the list's own format, where there is none.
  enum class Form { own, json, json_seq, csv, mwg, bluecoat, panosurl };
  struct Column {
    std::string field;
    std::string title;
    friend auto operator<=>(const Column&, const Column&) = default;
  };

  Form form = Form::own;
  std::size_t start = 0;                // s: entries left out before the first
  std::size_t count = 0;                // n; 0 for all
  bool descending = false;              // d
  bool summarise = false;               // sum: prefixes merged
  bool strip_port = false;              // sp, of panosurl
  bool no_slash = false;                // nsl, of panosurl
  bool header = true;                   // h, of csv
  bool bom = false;                     // ubom, of csv
  std::vector<Column> columns;          // f, of csv; never empty for it
  bool ips_only = false;                // t=ip, of mwg
  std::vector<std::string> categories;  // cd, of bluecoat; never empty for it

  friend auto operator<=>(const FeedQuery&, const FeedQuery&) = default;
};

// Parameters that say nothing about our lists are ignored, as MineMeld ignores unknown ones. What
// is refused says why: an answer of another kind than was asked for would be worse than none.
policy::Result<FeedQuery> ReadFeedQuery(std::string_view query);

}  // namespace exporters::http_list
