#include "exporters/rpz/transfer.h"

#include <fmt/format.h>

#include <utility>

#include "exporters/rpz/ldns_handle.h"

namespace exporters::rpz {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

std::string Taken(char* text) {
  const CString owned(text);
  return owned ? owned.get() : "";
}

// Continues `mac`, which becomes that of this message (RFC 8945 section 5.3.1).
bool Verify(ldns_pkt* packet, std::string_view wire, const TsigKey& key, bool is_first,
            std::string& mac) {
  ldns_rr* const tsig = ldns_pkt_tsig(packet);
  if (tsig == nullptr || ldns_rr_rd_count(tsig) < 4) return false;
  const ldns_rdf* const own = ldns_rr_rdf(tsig, 3);
  const Rdf before(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, mac.size(), mac.data()));
  mac.assign(reinterpret_cast<const char*>(ldns_rdf_data(own)), ldns_rdf_size(own));
  const bool verified =
      before && ldns_pkt_tsig_verify_next(
                    packet, reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size(),
                    key.name.c_str(), key.secret.c_str(), before.get(), is_first ? 0 : 1);
  // libldns 1.8.3 takes the record out of the packet, and forgets it for an unknown algorithm.
  if (ldns_pkt_tsig(packet) == nullptr) ldns_rr_free(tsig);
  return verified;
}

void AppendRecord(ldns_rr* rr, const std::string& zone, std::string& records) {
  ldns_dname2canonical(ldns_rr_owner(rr));
  std::string owner = Taken(ldns_rdf2str(ldns_rr_owner(rr)));
  const std::string below = '.' + zone + '.';
  if (owner.ends_with(below)) {
    owner.resize(owner.size() - below.size());
  } else if (owner == below.substr(1)) {
    owner = "@";
  }
  records += owner + ' ' + Taken(ldns_rr_type2str(ldns_rr_get_type(rr)));
  for (std::size_t i = 0; i < ldns_rr_rd_count(rr); ++i) {
    records += ' ' + Taken(ldns_rdf2str(ldns_rr_rdf(rr, i)));
  }
  records += '\n';
}

}  // namespace

Transfer::Transfer(const Request& request, std::string zone, TsigKey key)
    : request_(request), zone_(std::move(zone)), key_(std::move(key)) {}

Result<void> Transfer::Add(std::string_view wire) {
  const auto packet = ReadPacket(wire, request_);
  if (!packet) return tl::unexpected(packet.error());
  ldns_pkt* const raw = packet->get();
  if (const int rcode = ldns_pkt_get_rcode(raw); rcode != rcode_no_error) {
    return Fail(
        ErrorCode::not_found,
        fmt::format("the primary answers {} to a transfer; BIND needs `allow-transfer {{ key "
                    "{}; ... }};`, Knot DNS an `acl` with `action: transfer`",
                    RcodeName(rcode), key_.name));
  }
  if (!Verify(raw, wire, key_, std::exchange(is_first_, false), request_.mac)) {
    return Fail(ErrorCode::unauthenticated, "a part of the zone has no valid signature");
  }
  const ldns_rr_list* const records = ldns_pkt_answer(raw);
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
    ldns_rr* const rr = ldns_rr_list_rr(records, i);
    const bool is_soa = ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA;
    if (complete() || (soas_ == 0 && !is_soa)) {
      return Fail(ErrorCode::malformed_input,
                  "a transfer that does not start and end with the SOA");
    }
    if (is_soa) {
      ++soas_;
    } else {
      AppendRecord(rr, zone_, records_);
    }
  }
  return {};
}

}  // namespace exporters::rpz
