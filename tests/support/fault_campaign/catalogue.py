"""Every kind of fault, of the Hub and of the registry."""

from __future__ import annotations

from tests.support.fault_campaign.faults import Fault
from tests.support.fault_campaign.hostile_faults import HEADER_FAULTS, HOSTILE_FAULTS
from tests.support.fault_campaign.list_faults import COUNT_FAULTS, WALK_FAULTS
from tests.support.fault_campaign.network_faults import BODY_FAULTS, NETWORK_FAULTS
from tests.support.fault_campaign.page_faults import PAGE_FAULTS, REDIRECT_FAULTS
from tests.support.fault_campaign.registry_faults import REGISTRY_FAULTS
from tests.support.fault_campaign.shape_faults import FIELD_FAULTS, ROW_FAULTS, SHAPE_FAULTS, TOKEN_FAULTS
from tests.support.fault_campaign.status_faults import (
    AUTH_FAULTS,
    RETRY_AFTER_FAULTS,
    SIGN_IN_FAULTS,
    STATUS_FAULTS,
)

FAULTS: tuple[Fault, ...] = (
    *NETWORK_FAULTS,
    *BODY_FAULTS,
    *PAGE_FAULTS,
    *REDIRECT_FAULTS,
    *SHAPE_FAULTS,
    *ROW_FAULTS,
    *FIELD_FAULTS,
    *TOKEN_FAULTS,
    *COUNT_FAULTS,
    *WALK_FAULTS,
    *STATUS_FAULTS,
    *RETRY_AFTER_FAULTS,
    *AUTH_FAULTS,
    *SIGN_IN_FAULTS,
    *HEADER_FAULTS,
    *HOSTILE_FAULTS,
)
FAULTS_BY_NAME = {fault.name: fault for fault in (*FAULTS, *REGISTRY_FAULTS)}
