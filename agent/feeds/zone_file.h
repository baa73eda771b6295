#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace agent::feeds {

// One record of a DNS zone. Names are as the file escapes them, but whole: "www.example.com.", and
// "." for the root.
struct ZoneRecord {
  std::size_t line;
  std::string owner;
  std::string type;                // upper case
  std::vector<std::string> rdata;  // its words, as written
};

// Where the records of a zone go.
class ZoneSink {
 public:
  virtual void Record(const ZoneRecord& record) = 0;
  // A record or directive that can't be read; `reason` is a literal.
  virtual void Broken(std::size_t line, std::string_view reason) = 0;
  // Whether to go on.
  virtual bool full() const = 0;

 protected:
  ~ZoneSink() = default;
};

// Reads a master file (RFC 1035, section 5) as far as lists of names need it: owners left out,
// $ORIGIN and $TTL, parentheses, quotes, comments. $INCLUDE and $GENERATE are broken records: a
// zone from elsewhere may not name files here, nor grow out of one line.
//
// `origin` ends in a dot. It is what a server's configuration calls the zone; where that is not
// known, give an empty one: an SOA record with a whole name then says it, else it is "zone.".
//
// Returns the name of the zone: `origin`, or the owner of the first SOA record.
std::string ReadZone(std::string_view text, std::string_view origin, ZoneSink& sink);

// `name` with `origin` after it unless it ends in a dot already; "@" is the origin itself.
std::string WholeName(std::string_view name, std::string_view origin);

}  // namespace agent::feeds
