//! The kernel's load balancer, as `ipvsadm` lists it: a virtual service, and a real server of it.

use crate::decode::attribute::Tree;
use crate::decode::line::Line;

pub(super) fn summary(tree: Tree<'_>) -> String {
    let mut line = Line::default();
    let service = tree.inside("IPVS_CMD_ATTR_SERVICE");
    line.optional("", service.text("IPVS_SVC_ATTR_PROTOCOL"));
    line.optional("", address(service, "IPVS_SVC_ATTR_ADDR", "IPVS_SVC_ATTR_PORT"));
    line.optional("fwmark", service.text("IPVS_SVC_ATTR_FWMARK"));
    line.optional("", service.text("IPVS_SVC_ATTR_SCHED_NAME"));
    let server = tree.inside("IPVS_CMD_ATTR_DEST");
    line.optional("->", address(server, "IPVS_DEST_ATTR_ADDR", "IPVS_DEST_ATTR_PORT"));
    line.optional("", server.text("IPVS_DEST_ATTR_FWD_METHOD"));
    line.optional("weight", server.text("IPVS_DEST_ATTR_WEIGHT"));
    let daemon = tree.inside("IPVS_CMD_ATTR_DAEMON");
    line.optional("", daemon.text("IPVS_DAEMON_ATTR_STATE"));
    line.optional("dev", daemon.text("IPVS_DAEMON_ATTR_MCAST_IFN"));
    line.finish()
}

fn address(of: Tree<'_>, address: &str, port: &str) -> Option<String> {
    let (address, port) = (of.text(address)?, of.text(port).unwrap_or_default());
    Some(if address.contains(':') {
        format!("[{address}]:{port}")
    } else {
        format!("{address}:{port}")
    })
}
