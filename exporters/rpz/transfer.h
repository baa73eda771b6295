#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "exporters/rpz/message.h"
#include "exporters/rpz/tsig_key.h"
#include "policy/result.h"

namespace exporters::rpz {

// A whole zone as its primary transfers it (RFC 5936), message by message. Each must be signed with
// our key, as BIND and Knot DNS do, though RFC 8945 (5.3.1) would let 99 go without.
class Transfer {
 public:
  Transfer(const Request& request, std::string zone, TsigKey key);

  // Takes the next message. `not_found` if the primary gives no zone; `unauthenticated` or
  // `malformed_input` if that is no part of it. After a failure the transfer is of no more use.
  policy::Result<void> Add(std::string_view wire);

  bool complete() const { return soas_ == 2; }

  // The zone's records but its SOA, as RenderZone writes them: "evil.example CNAME .". In the
  // primary's order.
  const std::string& records() const { return records_; }

 private:
  Request request_;  // with the MAC that the next signature continues
  std::string zone_;
  TsigKey key_;
  bool is_first_ = true;
  std::size_t soas_ = 0;  // the zone's SOA comes first and last
  std::string records_;
};

}  // namespace exporters::rpz
