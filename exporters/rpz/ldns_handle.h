#pragma once

#include <ldns/ldns.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "policy/result.h"

namespace exporters::rpz {

template <auto release>
struct Releaser {
  template <class T>
  void operator()(T* handle) const {
    release(handle);
  }
};
struct FreeBytes {
  void operator()(void* bytes) const { std::free(bytes); }
};

using Packet = std::unique_ptr<ldns_pkt, Releaser<&ldns_pkt_free>>;
using Rr = std::unique_ptr<ldns_rr, Releaser<&ldns_rr_free>>;
using RrList = std::unique_ptr<ldns_rr_list, Releaser<&ldns_rr_list_deep_free>>;
using Rdf = std::unique_ptr<ldns_rdf, Releaser<&ldns_rdf_deep_free>>;
using CString = std::unique_ptr<char, FreeBytes>;
using Bytes = std::unique_ptr<std::uint8_t, FreeBytes>;

struct Request;

// Whatever came as the answer to it; `malformed_input` for anything else. Its signature is not
// looked at.
policy::Result<Packet> ReadPacket(std::string_view wire, const Request& request);

}  // namespace exporters::rpz
