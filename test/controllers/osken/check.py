# SPDX-License-Identifier: Apache-2.0
"""Asks each switch every question of os_ken.lib.ofctl_v1_3, has it do some things, and leaves.

Prints "ok" or "FAIL" and what, a line each. The status is 0 if OSKEN_SWITCHES switches came and
everything was ok.
"""
import os
import traceback

from os_ken.base import app_manager
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib import hub, ofctl_v1_3
from os_ken.ofproto import ofproto_v1_3

QUESTIONS = (
    'get_desc_stats', 'get_flow_stats', 'get_aggregate_flow_stats', 'get_table_stats',
    'get_table_features', 'get_port_stats', 'get_port_desc', 'get_queue_stats', 'get_queue_config',
    'get_group_stats', 'get_group_desc', 'get_group_features', 'get_meter_stats',
    'get_meter_config', 'get_meter_features', 'get_role')

# ofctl_v1_3 gives an answer a second: on a busy machine os-ken needs that to read all table features.
TRIES = 5

REPLIES = [
    ofp_event.EventOFPStatsReply, ofp_event.EventOFPDescStatsReply,
    ofp_event.EventOFPFlowStatsReply, ofp_event.EventOFPAggregateStatsReply,
    ofp_event.EventOFPTableStatsReply, ofp_event.EventOFPTableFeaturesStatsReply,
    ofp_event.EventOFPPortStatsReply, ofp_event.EventOFPPortDescStatsReply,
    ofp_event.EventOFPQueueStatsReply, ofp_event.EventOFPQueueGetConfigReply,
    ofp_event.EventOFPGroupStatsReply, ofp_event.EventOFPGroupDescStatsReply,
    ofp_event.EventOFPGroupFeaturesStatsReply, ofp_event.EventOFPMeterStatsReply,
    ofp_event.EventOFPMeterConfigStatsReply, ofp_event.EventOFPMeterFeaturesStatsReply,
    ofp_event.EventOFPRoleReply, ofp_event.EventOFPBarrierReply]


class Check(app_manager.OSKenApp):
    OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.waiters = {}  # as ofctl_v1_3 wants it: by switch, by transaction: event and parts
        self.answered = set()
        self.errors = []
        self.switches = 0
        self.failed = 0

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def features(self, ev):
        hub.spawn(self.check, ev.msg.datapath)

    @set_ev_cls(REPLIES, MAIN_DISPATCHER)
    def reply(self, ev):
        msg = ev.msg
        waiting = self.waiters.get(msg.datapath.id, {})
        if msg.xid not in waiting:
            return
        event, parts = waiting[msg.xid]
        parts.append(msg)
        if not getattr(msg, 'flags', 0) & ofproto_v1_3.OFPMPF_REPLY_MORE:
            del waiting[msg.xid]
            self.answered.add(msg.datapath.id)
            event.set()

    @set_ev_cls(ofp_event.EventOFPErrorMsg, [CONFIG_DISPATCHER, MAIN_DISPATCHER])
    def error(self, ev):
        self.errors.append('error type %d code %d' % (ev.msg.type, ev.msg.code))

    def say(self, good, what):
        self.failed += not good
        print('ok  ' if good else 'FAIL', what, flush=True)

    def check(self, dp):
        try:
            while dp.state != MAIN_DISPATCHER:
                hub.sleep(0.05)
            self.ask(dp)
            self.command(dp)
        except Exception:
            traceback.print_exc()
            self.say(False, 'talking to the switch')
        self.switches += 1
        if self.switches == int(os.environ['OSKEN_SWITCHES']):
            os._exit(1 if self.failed else 0)

    def ask(self, dp):
        for question in QUESTIONS:
            self.answered.discard(dp.id)
            for _ in range(TRIES):
                getattr(ofctl_v1_3, question)(dp, self.waiters)
                if dp.id in self.answered:
                    break
            self.say(dp.id in self.answered, question)

    def command(self, dp):
        ofp = dp.ofproto
        match = {'eth_type': 0x800, 'ip_proto': 6, 'tcp_dst': 80}
        actions = [
            {'type': 'PUSH_VLAN', 'ethertype': 0x8100},
            {'type': 'SET_FIELD', 'field': 'vlan_vid', 'value': 0x1000 | 5},
            {'type': 'OUTPUT', 'port': 1},
            {'type': 'WRITE_METADATA', 'metadata': 1, 'metadata_mask': 255},
            {'type': 'GOTO_TABLE', 'table_id': 1}]
        flow = {'priority': 9, 'match': match, 'actions': actions}
        self.apply(dp, 'flow add', ofctl_v1_3.mod_flow_entry, flow, ofp.OFPFC_ADD)
        self.apply(dp, 'flow delete', ofctl_v1_3.mod_flow_entry, flow, ofp.OFPFC_DELETE_STRICT)
        self.apply(dp, 'group delete', ofctl_v1_3.mod_group_entry,
                   {'type': 'ALL', 'group_id': ofp.OFPG_ALL}, ofp.OFPGC_DELETE)
        self.apply(dp, 'meter delete', ofctl_v1_3.mod_meter_entry,
                   {'meter_id': ofp.OFPM_ALL}, ofp.OFPMC_DELETE)

    def apply(self, dp, what, modify, entry, command):
        """Has the switch do something; it is done, in silence, when the barrier is answered."""
        self.errors.clear()
        modify(dp, entry, command)
        barrier = dp.ofproto_parser.OFPBarrierRequest(dp)
        dp.set_xid(barrier)
        event, parts = hub.Event(), []
        self.waiters.setdefault(dp.id, {})[barrier.xid] = (event, parts)
        dp.send_msg(barrier)
        event.wait(timeout=5)
        self.say(bool(parts) and not self.errors, ' '.join([what] + self.errors))
