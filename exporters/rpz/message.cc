#include "exporters/rpz/message.h"

#include <fmt/format.h>

#include <cstdlib>

#include "exporters/rpz/ldns_handle.h"
#include "exporters/rpz/trigger.h"
#include "platform/encoding.h"

namespace exporters::rpz {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t wire_size_max = 65'535;
constexpr std::uint16_t clock_difference_max = 300;  // seconds, RFC 8945 section 10

tl::unexpected<policy::Error> Unencodable(std::string_view what) {
  return Fail(ErrorCode::malformed_input,
              fmt::format("cannot write the DNS message: {} is not valid", what));
}

Rdf NameRdf(const std::string& name) {
  ldns_rdf* rdf = nullptr;
  if (ldns_str2rdf_dname(&rdf, (name + '.').c_str()) != LDNS_STATUS_OK) return nullptr;
  return Rdf(rdf);
}

Rr ParseRr(const std::string& text) {
  ldns_rr* rr = nullptr;
  if (ldns_rr_new_frm_str(&rr, text.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK) return nullptr;
  return Rr(rr);
}

// RFC 2136 sections 2.5.2 and 2.5.3: class ANY, no TTL, no data.
Rr DeleteRr(const std::string& name, ldns_rr_type type) {
  Rdf owner = NameRdf(name);
  if (!owner) return nullptr;
  Rr rr(ldns_rr_new());
  ldns_rr_set_owner(rr.get(), owner.release());
  ldns_rr_set_type(rr.get(), type);
  ldns_rr_set_class(rr.get(), LDNS_RR_CLASS_ANY);
  ldns_rr_set_ttl(rr.get(), 0);
  return rr;
}

bool Push(const RrList& list, Rr rr) {
  if (!rr || !ldns_rr_list_push_rr(list.get(), rr.get())) return false;
  static_cast<void>(rr.release());  // the list owns it now
  return true;
}

std::uint16_t RandomId() {
  const auto bytes = platform::RandomBytes(2);
  if (!bytes) std::abort();  // OpenSSL without randomness can't sign either
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>((*bytes)[0]) << 8 |
                                    static_cast<std::uint8_t>((*bytes)[1]));
}

// Signs if there is a key, and encodes.
Result<Request> Finish(Packet packet, const TsigKey* key) {
  Request request;
  request.id = RandomId();
  ldns_pkt_set_id(packet.get(), request.id);
  if (key != nullptr) {
    if (ldns_pkt_tsig_sign(packet.get(), key->name.c_str(), key->secret.c_str(),
                           clock_difference_max, "hmac-sha256.", nullptr) != LDNS_STATUS_OK) {
      return Unencodable("the TSIG key");
    }
    const ldns_rdf* mac = ldns_rr_rdf(ldns_pkt_tsig(packet.get()), 3);
    request.mac.assign(reinterpret_cast<const char*>(ldns_rdf_data(mac)), ldns_rdf_size(mac));
  }
  std::uint8_t* raw = nullptr;
  std::size_t size = 0;
  const ldns_status status = ldns_pkt2wire(&raw, packet.get(), &size);
  const Bytes wire(raw);
  if (status != LDNS_STATUS_OK) return Unencodable(ldns_get_errorstr_by_id(status));
  if (size > wire_size_max) {
    return Fail(ErrorCode::exhausted, "the DNS message would be longer than 65,535 bytes");
  }
  request.wire.assign(reinterpret_cast<const char*>(wire.get()), size);
  return request;
}

std::string TextOf(const ldns_rdf* rdf) {
  const CString text(ldns_rdf2str(rdf));
  return text ? text.get() : "";
}

std::string NameOf(const ldns_rdf* rdf) {
  std::string name = TextOf(rdf);
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  return name;
}

Soa SoaOf(const ldns_rr* rr) {
  Soa soa;
  soa.owner = NameOf(ldns_rr_owner(rr));
  for (std::size_t i = 0; i < ldns_rr_rd_count(rr); ++i) {
    soa.data += fmt::format("{}{}", i == 0 ? "" : " ", TextOf(ldns_rr_rdf(rr, i)));
  }
  soa.serial = ldns_rdf2native_int32(ldns_rr_rdf(rr, 2));
  return soa;
}

std::string TextOf(const ldns_rr* rr) {
  std::string text;
  for (std::size_t i = 0; i < ldns_rr_rd_count(rr); ++i) {
    const ldns_rdf* rdf = ldns_rr_rdf(rr, i);
    const std::string_view bytes(reinterpret_cast<const char*>(ldns_rdf_data(rdf)),
                                 ldns_rdf_size(rdf));
    text += bytes.substr(bytes.empty() ? 0 : 1);  // without the length octet
  }
  return text;
}

void ReadAnswers(const ldns_rr_list* section, Response& response) {
  response.answers = ldns_rr_list_rr_count(section);
  for (std::size_t i = 0; i < response.answers; ++i) {
    const ldns_rr* rr = ldns_rr_list_rr(section, i);
    if (ldns_rr_rd_count(rr) != 1) continue;
    const ldns_rdf* data = ldns_rr_rdf(rr, 0);
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && !response.alias) {
      response.alias = NameOf(data);
    }
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_A) response.ipv4.push_back(TextOf(data));
  }
}

std::optional<Soa> FindSoa(const ldns_rr_list* section) {
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
    const ldns_rr* rr = ldns_rr_list_rr(section, i);
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA && ldns_rr_rd_count(rr) == 7) return SoaOf(rr);
  }
  return std::nullopt;
}

std::optional<std::string> FindText(const ldns_rr_list* section) {
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
    const ldns_rr* rr = ldns_rr_list_rr(section, i);
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_TXT) return TextOf(rr);
  }
  return std::nullopt;
}

bool Verified(ldns_pkt* packet, std::string_view wire, const Request& request, const TsigKey& key) {
  ldns_rr* tsig = ldns_pkt_tsig(packet);
  if (tsig == nullptr) return false;
  const Rdf mac(
      ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, request.mac.size(), request.mac.data()));
  const bool verified =
      mac && ldns_pkt_tsig_verify(packet, reinterpret_cast<const std::uint8_t*>(wire.data()),
                                  wire.size(), key.name.c_str(), key.secret.c_str(), mac.get());
  // libldns 1.8.3 takes the record out of the packet, and forgets it for an unknown algorithm.
  if (ldns_pkt_tsig(packet) == nullptr) ldns_rr_free(tsig);
  return verified;
}

// Where what follows a name begins; npos if the name is none (RFC 1035 section 4.1.4).
std::size_t SkipName(std::string_view wire, std::size_t at) {
  while (at < wire.size()) {
    const auto length = static_cast<std::uint8_t>(wire[at]);
    if (length == 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    if (length >= 0x40) return wire.npos;
    at += 1U + length;
  }
  return wire.npos;
}

// Whether its records are whole and a TSIG, if there is one, comes last (RFC 8945 section 5.1):
// libldns 1.8.3 leaks all but the last of several.
bool MayBeParsed(std::string_view wire) {
  constexpr std::size_t header_size = 12;
  const auto number = [&](std::size_t at) {
    return static_cast<std::size_t>(static_cast<std::uint8_t>(wire[at])) << 8 |
           static_cast<std::uint8_t>(wire[at + 1]);
  };
  if (wire.size() < header_size) return false;
  std::size_t at = header_size;
  for (std::size_t left = number(4); left > 0; --left) {
    at = SkipName(wire, at);
    if (at > wire.size() || wire.size() - at < 4) return false;
    at += 4;
  }
  for (std::size_t left = number(6) + number(8) + number(10); left > 0; --left) {
    at = SkipName(wire, at);
    if (at > wire.size() || wire.size() - at < 10) return false;
    if (number(at) == LDNS_RR_TYPE_TSIG && left > 1) return false;
    const std::size_t size = number(at + 8);
    at += 10;
    if (wire.size() - at < size) return false;
    at += size;
  }
  return true;
}

}  // namespace

Result<Request> MakeQuery(const std::string& name, RecordType type, bool recursive,
                          const TsigKey* key) {
  Rdf owner = NameRdf(name);
  if (!owner) return Unencodable("the name '" + name + "'");
  Packet packet(ldns_pkt_query_new(owner.release(), static_cast<ldns_rr_type>(type),
                                   LDNS_RR_CLASS_IN,
                                   static_cast<std::uint16_t>(recursive ? LDNS_RD : 0)));
  return Finish(std::move(packet), key);
}

Result<Request> MakeUpdate(const ZoneUpdate& update, const TsigKey& key) {
  const RrList prerequisites(ldns_rr_list_new());
  const RrList changes(ldns_rr_list_new());
  // RFC 2136 section 2.4.2, "RRset exists (value dependent)": the TTL must be 0.
  if (!Push(prerequisites,
            ParseRr(fmt::format("{}. 0 IN SOA {}", update.zone, update.soa_before)))) {
    return Unencodable("the zone's SOA record");
  }
  bool ok = Push(
      changes, ParseRr(fmt::format("{}. {} IN SOA {}", update.zone, update.ttl, update.soa_after)));
  for (const std::string& owner : update.added) {
    for (const std::string& record : update.records) {
      ok = ok && Push(changes, ParseRr(fmt::format("{}.{}. {} IN {}", owner, update.zone,
                                                   update.ttl, record)));
    }
  }
  for (const std::string& owner : update.removed) {
    ok = ok && Push(changes, DeleteRr(owner + '.' + update.zone, LDNS_RR_TYPE_ANY));
  }
  if (update.stamp) {
    const std::string owner = fmt::format("{}.{}", StampOwner(update.zone), update.zone);
    ok = ok && Push(changes, DeleteRr(owner, LDNS_RR_TYPE_ANY));
    ok = ok && Push(changes,
                    ParseRr(fmt::format("{}. {} IN TXT \"{}\"", owner, update.ttl, *update.stamp)));
  }
  if (!ok) return Unencodable("a record of the update");
  Rdf zone = NameRdf(update.zone);
  if (!zone) return Unencodable("the zone's name");
  Packet packet(ldns_update_pkt_new(zone.release(), LDNS_RR_CLASS_IN, prerequisites.get(),
                                    changes.get(), nullptr));
  if (!packet) return Unencodable("the update");
  return Finish(std::move(packet), &key);
}

std::string RcodeName(int rcode) {
  const CString name(ldns_pkt_rcode2str(static_cast<ldns_pkt_rcode>(rcode)));
  return name ? name.get() : fmt::format("rcode {}", rcode);
}

Result<Packet> ReadPacket(std::string_view wire, const Request& request) {
  if (!MayBeParsed(wire)) {
    return Fail(ErrorCode::malformed_input,
                "not a DNS message: its records are cut off, or one follows a TSIG");
  }
  ldns_pkt* raw = nullptr;
  const ldns_status status =
      ldns_wire2pkt(&raw, reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size());
  if (status != LDNS_STATUS_OK) {
    return Fail(ErrorCode::malformed_input,
                fmt::format("not a DNS message: {}", ldns_get_errorstr_by_id(status)));
  }
  Packet packet(raw);
  if (!ldns_pkt_qr(raw) || ldns_pkt_id(raw) != request.id) {
    return Fail(ErrorCode::malformed_input, "a DNS message that is no answer to ours");
  }
  return packet;
}

Result<Response> ReadResponse(std::string_view wire, const Request& request, const TsigKey* key) {
  const auto packet = ReadPacket(wire, request);
  if (!packet) return tl::unexpected(packet.error());
  ldns_pkt* const raw = packet->get();
  Response response;
  response.rcode = ldns_pkt_get_rcode(raw);
  response.authoritative = ldns_pkt_aa(raw);
  response.truncated = ldns_pkt_tc(raw);
  ReadAnswers(ldns_pkt_answer(raw), response);
  response.soa = FindSoa(ldns_pkt_answer(raw));
  response.text = FindText(ldns_pkt_answer(raw));
  response.authority_soa = FindSoa(ldns_pkt_authority(raw));
  response.additional_soa = FindSoa(ldns_pkt_additional(raw));
  response.verified = key != nullptr && Verified(raw, wire, request, *key);
  return response;
}

}  // namespace exporters::rpz
