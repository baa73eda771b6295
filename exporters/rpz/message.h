#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/rpz/tsig_key.h"
#include "policy/result.h"

namespace exporters::rpz {

// DNS messages (RFC 1035, RFC 2136), by libldns. Names are canonical text without the last dot.

enum class RecordType : std::uint16_t { a = 1, soa = 6, txt = 16, aaaa = 28, axfr = 252 };

struct Request {
  std::string wire;
  std::uint16_t id = 0;
  std::string mac;  // of its TSIG, with its length, as TSIG data has it; empty if not signed
};

// `key` may be null: then it isn't signed. `recursive` asks a resolver rather than a primary.
policy::Result<Request> MakeQuery(const std::string& name, RecordType type, bool recursive,
                                  const TsigKey* key);

// A change of the zone that the primary makes as a whole or not at all (RFC 2136 section 3.4).
struct ZoneUpdate {
  std::string zone;
  std::uint32_t ttl = 60;
  std::string soa_before;  // SOA data that the zone must have, or it refuses with NXRRSET
  std::string soa_after;
  std::vector<std::string> records;  // of each owner that is added, as in a master file
  std::vector<std::string> added;    // owners, relative to the zone
  std::vector<std::string> removed;  // all their records go
  std::optional<std::string> stamp;  // the TXT record's new text
};
// `exhausted` if it does not fit into one message.
policy::Result<Request> MakeUpdate(const ZoneUpdate& update, const TsigKey& key);

struct Soa {
  std::string owner;
  std::string data;
  std::uint32_t serial = 0;
};

// The parts of a response that we look at.
struct Response {
  int rcode = 0;
  bool verified = false;  // signed with our key, as an answer to our request
  bool authoritative = false;
  bool truncated = false;
  std::size_t answers = 0;            // records in the answer section
  std::optional<std::string> alias;   // that the answer's first CNAME record leads to
  std::vector<std::string> ipv4;      // addresses of the answer section
  std::optional<Soa> soa;             // of the answer section
  std::optional<std::string> text;    // of the answer's first TXT record, its strings joined
  std::optional<Soa> authority_soa;   // whose zone it is that has no such name or data
  std::optional<Soa> additional_soa;  // BIND puts the SOA of the policy zone that decided here
};

constexpr int rcode_no_error = 0;
constexpr int rcode_server_failure = 2;
constexpr int rcode_no_such_name = 3;
constexpr int rcode_refused = 5;
constexpr int rcode_rrset_missing = 8;
constexpr int rcode_not_authoritative = 9;

std::string RcodeName(int rcode);  // "NXDOMAIN"

// `malformed_input` if it is no response to this request.
policy::Result<Response> ReadResponse(std::string_view wire, const Request& request,
                                      const TsigKey* key);

}  // namespace exporters::rpz
